// SPDX-License-Identifier: Apache-2.0

/**
 * A Spring MVC application whose users chat with a model, each with the tools of their
 * own logins.
 */
@NullMarked
package io.github.mcpoauth.samples.chat;

import org.jspecify.annotations.NullMarked;
