// SPDX-License-Identifier: Apache-2.0

/**
 * The client ID metadata document of an application: its making, its check, and the
 * request that fetches one.
 */
@NullMarked
package io.github.mcpoauth.internal.client;

import org.jspecify.annotations.NullMarked;
