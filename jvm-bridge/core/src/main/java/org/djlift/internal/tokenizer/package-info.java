/** From texts to tokens and back: tokenizer.json, windows and offsets. */
package org.djlift.internal.tokenizer;
