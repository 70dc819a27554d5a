// SPDX-License-Identifier: Apache-2.0

/**
 * The logins and questions that wait for users, as all processes know them.
 */
@NullMarked
package io.github.mcpoauth.internal.store.pending;

import org.jspecify.annotations.NullMarked;
