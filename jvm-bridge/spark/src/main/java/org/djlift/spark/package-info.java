/** A stage of Spark ML that finds named entities and other labelled parts of texts with a djlift archive. */
package org.djlift.spark;
