// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.store;

import io.github.mcpoauth.grant.Grant;
import org.jspecify.annotations.Nullable;

/**
 * A record as the store read or wrote it.
 *
 * @param grant the grant, {@code null} if there is no record
 * @param stamp the stamp of exactly this state of the grant, also of its absence. It does
 * not cover the lessons
 * @param lessons facts that other processes learned about the grant, which can be there
 * without a grant
 */
public record StoredGrant(@Nullable Grant grant, RecordStamp stamp, GrantLessons lessons) {

}
