// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.util.LinkedHashMap;
import java.util.Map;

import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.store.record.ClientDocument;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import org.jspecify.annotations.Nullable;

/**
 * The content of a client file: the registered client, and the issuer that the
 * credentials for the server are bound to.
 *
 * @param client the client, {@code null} if absent
 * @param boundIssuer the issuer, {@code null} if absent
 */
record ClientFile(@Nullable OAuthClient client, @Nullable String boundIssuer) {

	static final ClientFile EMPTY = new ClientFile(null, null);

	private static final String BOUND_ISSUER = "bound_issuer";

	static ClientFile parse(byte[] content) throws MalformedRecordException {
		JsonMembers members = JsonMembers.parse(content);
		String boundIssuer = members.text(BOUND_ISSUER);
		Map<String, Object> client = members.rest();
		boolean onlyBinding = boundIssuer != null && client.isEmpty();
		return new ClientFile(onlyBinding ? null : ClientDocument.parse(JsonMembers.render(client)), boundIssuer);
	}

	byte[] render() {
		Map<String, @Nullable Object> members = new LinkedHashMap<>();
		if (this.client != null) {
			members.putAll(ClientDocument.members(this.client));
		}
		if (this.boundIssuer != null) {
			members.put(BOUND_ISSUER, this.boundIssuer);
		}
		return JsonMembers.render(members);
	}

}
