// SPDX-License-Identifier: Apache-2.0

/**
 * Keeps tokens fresh: freshness, single flight, cross-process lock, gate and the recovery
 * of a 401.
 */
@NullMarked
package io.github.mcpoauth.internal.refresh;

import org.jspecify.annotations.NullMarked;
