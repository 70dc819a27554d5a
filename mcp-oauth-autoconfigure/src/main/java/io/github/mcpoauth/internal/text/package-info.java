// SPDX-License-Identifier: Apache-2.0

/**
 * Text from a server, made fit for messages and logs.
 */
@NullMarked
package io.github.mcpoauth.internal.text;

import org.jspecify.annotations.NullMarked;
