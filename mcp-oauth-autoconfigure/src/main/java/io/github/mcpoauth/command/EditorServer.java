// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * One server in a file of an editor. No component holds a secret of the file: variables
 * of the environment stand in their place.
 *
 * @param name its name there
 * @param server its name here
 * @param url its address, {@code null} if absent
 * @param headers headers to send, by name
 * @param oauth settings of its OAuth client, by name
 * @param outcome whether it can be used
 * @param detail why it cannot, or a remark, {@code null} if there is nothing to say
 */
record EditorServer(String name, String server, @Nullable String url, Map<String, String> headers,
		Map<String, Object> oauth, Usability outcome, @Nullable String detail) {

	static EditorServer leftOut(String name, String server, @Nullable String url, String reason) {
		return new EditorServer(name, server, url, Map.of(), Map.of(), Usability.LEFT_OUT, reason);
	}

	static EditorServer failed(String name, String server, String reason) {
		return new EditorServer(name, server, null, Map.of(), Map.of(), Usability.FAILED, reason);
	}

	/**
	 * The settings below its name.
	 * @return settings, by name
	 */
	Map<String, Object> settings() {
		Map<String, Object> settings = new LinkedHashMap<>();
		settings.put("url", String.valueOf(this.url));
		if (!this.headers.isEmpty()) {
			settings.put("headers", this.headers);
		}
		settings.put("oauth", this.oauth);
		return settings;
	}

	/**
	 * Whether a server can be used.
	 */
	enum Usability {

		/**
		 * It can.
		 */
		FOUND,

		/**
		 * It is not for this application.
		 */
		LEFT_OUT,

		/**
		 * The entry cannot be understood.
		 */
		FAILED

	}

}
