// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

import io.github.mcpoauth.internal.client.ClientMetadata;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * The client ID metadata document of the application and its public keys, as they are
 * served.
 */
final class ClientMetadataResource {

	private static final Log logger = LogFactory.getLog(ClientMetadataResource.class);

	private static final String DOCUMENT_CACHE = "public, max-age=3600";

	/**
	 * Less than the time that a new key is published before it signs.
	 */
	private static final String KEYS_CACHE = "public, max-age=600";

	private final Supplier<ClientMetadata> metadata;

	ClientMetadataResource(Supplier<ClientMetadata> metadata) {
		this.metadata = metadata;
	}

	boolean isServed(String method, String path) {
		return ("GET".equals(method) || "HEAD".equals(method)) && (ClientMetadata.PATH.equals(path)
				|| (ClientMetadata.KEYS_PATH.equals(path) && this.metadata.get().keys() != null));
	}

	/**
	 * Answer a request. Blocks where keys are read.
	 */
	PageAnswer answer(String path) {
		ClientMetadata client = this.metadata.get();
		if (ClientMetadata.PATH.equals(path)) {
			return json(200, client.document(), DOCUMENT_CACHE);
		}
		try {
			return json(200, client.jwks(), KEYS_CACHE);
		}
		catch (IllegalStateException ex) {
			logger.warn("The public keys of the client cannot be served: %s".formatted(ex.getMessage()));
			return json(503, Map.of("error", "temporarily_unavailable"), "no-store");
		}
	}

	private static PageAnswer json(int status, Map<String, Object> members, String cache) {
		Map<String, String> headers = new LinkedHashMap<>();
		headers.put("Content-Type", "application/json");
		headers.put("Cache-Control", cache);
		headers.put("X-Content-Type-Options", "nosniff");
		return new PageAnswer(status, headers, JsonMapper.shared().writeValueAsString(members));
	}

}
