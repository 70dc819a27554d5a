// SPDX-License-Identifier: Apache-2.0

/**
 * Measures the starter beside its peers.
 */
@NullMarked
package io.github.mcpoauth.benchmarks;

import org.jspecify.annotations.NullMarked;
