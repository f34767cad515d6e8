/** Runs of a model: what a task is, how inputs share runs, streams and calibration. */
package org.djlift.internal.engine;
