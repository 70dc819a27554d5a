// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.remote;

import org.jspecify.annotations.Nullable;

/**
 * A record as it is on the server.
 *
 * @param content the grant as JSON, {@code null} if absent
 * @param revision its revision, {@link Revision#NONE} if there is no grant
 * @param lessons the lessons as JSON, {@code null} if absent
 */
public record RemoteRecord(@Nullable String content, Revision revision, @Nullable String lessons) {

}
