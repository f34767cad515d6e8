/** Internal: batching, tokenizing and decoding. No part of it is a contract. */
package org.djlift.internal;
