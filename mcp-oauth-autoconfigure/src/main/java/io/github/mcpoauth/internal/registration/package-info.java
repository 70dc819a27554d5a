// SPDX-License-Identifier: Apache-2.0

/**
 * Tokens of users whom the application has logged in itself, with a client registration
 * of Spring Security. Spring Security keeps and renews them.
 */
@NullMarked
package io.github.mcpoauth.internal.registration;

import org.jspecify.annotations.NullMarked;
