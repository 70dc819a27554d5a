// SPDX-License-Identifier: Apache-2.0

/**
 * The port to where grants are kept, which is also the contract for an application's own
 * store.
 */
@NullMarked
package io.github.mcpoauth.store;

import org.jspecify.annotations.NullMarked;
