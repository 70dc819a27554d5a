// SPDX-License-Identifier: Apache-2.0

/**
 * Records as JSON, the same in every store, from any writer.
 */
@NullMarked
package io.github.mcpoauth.internal.store.record;

import org.jspecify.annotations.NullMarked;
