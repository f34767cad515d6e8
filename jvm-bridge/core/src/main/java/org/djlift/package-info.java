/**
 * Token classification on the JVM with the entities that Hugging Face's pipeline gives, to the character.
 *
 * <p>{@link org.djlift.TokenClassifier} is where to start.
 */
package org.djlift;
