// SPDX-License-Identifier: Apache-2.0

/**
 * A token store in a database, for nodes that share grants.
 */
@NullMarked
package io.github.mcpoauth.internal.store.jdbc;

import org.jspecify.annotations.NullMarked;
