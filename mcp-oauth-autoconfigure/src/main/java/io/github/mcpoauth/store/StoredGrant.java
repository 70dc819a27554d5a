// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.store;

import io.github.mcpoauth.grant.Grant;
import org.jspecify.annotations.Nullable;

/**
 * A record as a store saw it.
 *
 * @param grant the grant, {@code null} if there is no record
 * @param stamp the stamp of exactly this state of the record, also of its absence
 */
public record StoredGrant(@Nullable Grant grant, RecordStamp stamp) {

}
