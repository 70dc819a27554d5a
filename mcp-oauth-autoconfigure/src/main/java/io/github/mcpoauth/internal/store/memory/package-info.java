// SPDX-License-Identifier: Apache-2.0

/**
 * Grants in the memory of one process.
 */
@NullMarked
package io.github.mcpoauth.internal.store.memory;

import org.jspecify.annotations.NullMarked;
