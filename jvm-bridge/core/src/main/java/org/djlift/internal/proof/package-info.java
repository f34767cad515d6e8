/** The proof of an archive by its golden cases. */
package org.djlift.internal.proof;
