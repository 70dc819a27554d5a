// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.store;

/**
 * What a store compares to see that a record changed, without reading it. Means nothing
 * outside the store that made it.
 */
public interface RecordStamp {

}
