/**
 * Measures the starter beside its peers.
 */
@NullMarked
package io.github.mcpoauth.benchmarks;

import org.jspecify.annotations.NullMarked;
