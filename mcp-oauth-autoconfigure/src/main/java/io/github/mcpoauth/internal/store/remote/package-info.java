// SPDX-License-Identifier: Apache-2.0

/**
 * The common part of stores on a server: a lock that is a lease, and a memory that tells
 * whether a record is unchanged.
 */
@NullMarked
package io.github.mcpoauth.internal.store.remote;

import org.jspecify.annotations.NullMarked;
