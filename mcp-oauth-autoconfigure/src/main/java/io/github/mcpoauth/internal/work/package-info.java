// SPDX-License-Identifier: Apache-2.0

/**
 * Work that several callers join, and the threads it runs on.
 */
@NullMarked
package io.github.mcpoauth.internal.work;

import org.jspecify.annotations.NullMarked;
