/** The ONNX graph in ONNX Runtime: sessions, inputs, outputs and batches. */
package org.djlift.internal.graph;
