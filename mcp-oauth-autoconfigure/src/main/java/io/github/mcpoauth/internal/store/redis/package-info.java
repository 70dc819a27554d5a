// SPDX-License-Identifier: Apache-2.0

/**
 * A token store in Redis, for nodes that share grants.
 */
@NullMarked
package io.github.mcpoauth.internal.store.redis;

import org.jspecify.annotations.NullMarked;
