/** The tasks: from inputs to tokens, and from the outputs of a graph to results. */
package org.djlift.internal.tasks;
