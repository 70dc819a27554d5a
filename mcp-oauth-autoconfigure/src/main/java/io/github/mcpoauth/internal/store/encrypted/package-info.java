// SPDX-License-Identifier: Apache-2.0

/**
 * Encryption of stored records, in front of any store.
 */
@NullMarked
package io.github.mcpoauth.internal.store.encrypted;

import org.jspecify.annotations.NullMarked;
