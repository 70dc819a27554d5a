// SPDX-License-Identifier: Apache-2.0

/**
 * Keeps tokens fresh: freshness, one refresh attempt at a time, the cross-process lock,
 * the retry backoff and the recovery of a 401.
 */
@NullMarked
package io.github.mcpoauth.internal.refresh;

import org.jspecify.annotations.NullMarked;
