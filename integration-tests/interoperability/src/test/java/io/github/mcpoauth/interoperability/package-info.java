// SPDX-License-Identifier: Apache-2.0

/**
 * Every flow of the product, from its properties to a tool call, with authorization
 * servers of other makers. {@code docs/interoperability.md} is the table of it.
 */
@NullMarked
package io.github.mcpoauth.interoperability;

import org.jspecify.annotations.NullMarked;
