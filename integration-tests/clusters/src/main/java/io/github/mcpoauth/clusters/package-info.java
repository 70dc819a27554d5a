// SPDX-License-Identifier: Apache-2.0

/**
 * An agent that the tests start many times.
 */
@NullMarked
package io.github.mcpoauth.clusters;

import org.jspecify.annotations.NullMarked;
