// SPDX-License-Identifier: Apache-2.0

/**
 * Properties, their mapping, beans, conditions and failure analyzers.
 */
@NullMarked
package io.github.mcpoauth.autoconfigure;

import org.jspecify.annotations.NullMarked;
