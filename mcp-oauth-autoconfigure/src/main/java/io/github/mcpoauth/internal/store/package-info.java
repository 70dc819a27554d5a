// SPDX-License-Identifier: Apache-2.0

/**
 * Pieces that every token store of this library shares.
 */
@NullMarked
package io.github.mcpoauth.internal.store;

import org.jspecify.annotations.NullMarked;
