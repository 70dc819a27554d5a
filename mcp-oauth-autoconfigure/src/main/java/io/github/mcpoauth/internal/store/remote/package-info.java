// SPDX-License-Identifier: Apache-2.0

/**
 * What stores on a server have in common: a lock that is a lease, and how this process
 * knows, without asking, whether a record is still what it was.
 */
@NullMarked
package io.github.mcpoauth.internal.store.remote;

import org.jspecify.annotations.NullMarked;
