// SPDX-License-Identifier: Apache-2.0

/**
 * The client that the conformance suite tests: the starter, told by properties what to
 * be, and something that follows a redirect in the place of a browser.
 */
@NullMarked
package io.github.mcpoauth.conformance;

import org.jspecify.annotations.NullMarked;
