/** What an archive says of itself, and why one is refused. */
package org.djlift.archive;
