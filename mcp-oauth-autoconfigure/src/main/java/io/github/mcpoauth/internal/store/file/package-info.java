// SPDX-License-Identifier: Apache-2.0

/**
 * A store of one file per record that several processes share.
 */
@NullMarked
package io.github.mcpoauth.internal.store.file;

import org.jspecify.annotations.NullMarked;
