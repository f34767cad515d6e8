/** Files, JSON, hashes and limits: what every package above may use. */
package org.djlift.internal.base;
