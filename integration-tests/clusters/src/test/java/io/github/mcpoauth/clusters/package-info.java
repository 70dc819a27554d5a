// SPDX-License-Identifier: Apache-2.0

/**
 * Tests with many processes.
 */
@NullMarked
package io.github.mcpoauth.clusters;

import org.jspecify.annotations.NullMarked;
