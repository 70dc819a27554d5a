// SPDX-License-Identifier: Apache-2.0

/**
 * The client that the conformance suite tests: the starter, configured by properties, and
 * a stand-in for the browser that follows redirects.
 */
@NullMarked
package io.github.mcpoauth.conformance;

import org.jspecify.annotations.NullMarked;
