// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.store;

/**
 * A value that a store compares to see whether a record has changed, without reading it.
 * It means nothing outside the store that made it.
 */
public interface RecordStamp {

}
