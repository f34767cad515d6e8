/** Archives as files: strict readers that refuse what djlift does not write. */
package org.djlift.internal.reader;
