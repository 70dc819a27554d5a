// SPDX-License-Identifier: Apache-2.0

/**
 * The users that grants belong to, and the credentials that stand for them.
 */
@NullMarked
package io.github.mcpoauth.principal;

import org.jspecify.annotations.NullMarked;
