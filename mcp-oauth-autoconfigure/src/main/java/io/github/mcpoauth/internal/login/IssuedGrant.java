// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.protocol.AuthorizationServerMetadata;

/**
 * A grant that is not stored yet, with the records that are stored together with it.
 *
 * @param grant the grant
 * @param client the client it was issued to
 * @param metadata metadata of the authorization server that issued it
 */
record IssuedGrant(Grant grant, OAuthClient client, AuthorizationServerMetadata metadata) {

}
