/** Values: what goes into a model and what comes out. */
package org.djlift.data;
