// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

/**
 * Reads one entry of an editor's file.
 */
final class EditorServerReader {

	private static final List<String> ADDRESSES = List.of("url", "serverUrl", "httpUrl");

	private static final List<String> HTTP = List.of("http", "streamable-http", "streamablehttp", "streamable_http");

	private static final Pattern HEADER = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");

	private static final Pattern PROXY = Pattern.compile("(.*[/\\\\])?mcp-remote(\\.cmd)?(@\\S*)?");

	private static final String SSE = """
			it is used with the HTTP+SSE transport there. Set its Streamable HTTP address if it has one: \
			'mcp test' says whether it answers""";

	private static final String STATIC_TOKEN = """
			it needs a static header 'Authorization' in place of a login. If the server supports OAuth, remove the \
			header there and import again. Otherwise set 'oauth: false' and the header by hand""";

	private final String name;

	private final String server;

	private final EditorText texts;

	/**
	 * Create for one entry.
	 * @param name its name in the file
	 * @param server its name here
	 */
	EditorServerReader(String name, String server) {
		this.name = name;
		this.server = server;
		this.texts = new EditorText(server);
	}

	EditorServer read(@Nullable Object entry) {
		if (!(entry instanceof Map<?, ?> members)) {
			return failed("it is not a JSON object");
		}
		if (Boolean.TRUE.equals(members.get("disabled")) || Boolean.FALSE.equals(members.get("enabled"))) {
			return leftOut(null, "it is disabled there");
		}
		Map<String, String> headers = new LinkedHashMap<>();
		String address = address(members, headers);
		String type = type(members);
		if (address == null) {
			boolean program = members.get("command") != null || "stdio".equals(type);
			return program
					? leftOut(null, "it starts a program (stdio), and this application calls servers by HTTP only")
					: failed("it has neither 'url' nor 'command'");
		}
		boolean sse = "sse".equals(type);
		if (type != null && !sse && !HTTP.contains(type) && !"stdio".equals(type)) {
			return leftOut(null, "its type %s is not supported".formatted(UntrustedText.quote(type)));
		}
		return read(members, address, headers, sse ? SSE : null);
	}

	private EditorServer read(Map<?, ?> members, String address, Map<String, String> headers, @Nullable String note) {
		String url;
		try {
			url = this.texts.url(address.strip());
		}
		catch (IllegalArgumentException ex) {
			return failed("it has an address that %s".formatted(ex.getMessage()));
		}
		Object given = members.get("headers");
		if (given instanceof Map<?, ?> map) {
			map.forEach((header, value) -> headers.put(String.valueOf(header), String.valueOf(value)));
		}
		else if (given != null) {
			return failed("its headers are not a JSON object");
		}
		if (!headers.keySet().stream().allMatch((header) -> HEADER.matcher(header).matches())) {
			return failed("a name of its headers is not one of an HTTP header");
		}
		if (headers.keySet().stream().anyMatch("authorization"::equalsIgnoreCase)) {
			return leftOut(url, STATIC_TOKEN);
		}
		try {
			headers.replaceAll(this.texts::secret);
		}
		catch (IllegalArgumentException ex) {
			return leftOut(url, "it needs a static header that %s".formatted(ex.getMessage()));
		}
		return new EditorServer(this.name, this.server, url, headers, oauth(members), EditorServer.Usability.FOUND,
				note);
	}

	/**
	 * The address, also that of a server behind the program mcp-remote, which logs in for
	 * editors that cannot.
	 */
	private static @Nullable String address(Map<?, ?> members, Map<String, String> headers) {
		for (String member : ADDRESSES) {
			if (members.get(member) instanceof String text && !text.isBlank()) {
				return text;
			}
		}
		List<String> words = new ArrayList<>();
		words.add(String.valueOf(members.get("command")));
		if (members.get("args") instanceof Collection<?> arguments) {
			arguments.forEach((argument) -> words.add(String.valueOf(argument)));
		}
		int proxy = 0;
		while (proxy < words.size() && !PROXY.matcher(words.get(proxy)).matches()) {
			proxy++;
		}
		String address = null;
		for (int i = proxy + 1; i < words.size(); i++) {
			String word = words.get(i);
			if ("--header".equals(word) && i + 1 < words.size()) {
				String[] header = words.get(++i).split(":", 2);
				headers.put(header[0].strip(), (header.length > 1) ? header[1].strip() : "");
			}
			else if (address == null && (word.startsWith("https://") || word.startsWith("http://"))) {
				address = word;
			}
		}
		return address;
	}

	private static @Nullable String type(Map<?, ?> members) {
		Object type = (members.get("type") != null) ? members.get("type") : members.get("transport");
		return (type instanceof String text) ? text.strip().toLowerCase(Locale.ROOT) : null;
	}

	/**
	 * The registered client, where the file names one.
	 */
	private Map<String, Object> oauth(Map<?, ?> members) {
		Map<String, Object> settings = new LinkedHashMap<>();
		for (String block : List.of("oauth", "auth")) {
			if (members.get(block) instanceof Map<?, ?> oauth) {
				put(settings, "client-id", first(oauth, "clientId", "client_id", "CLIENT_ID"));
				Object secret = first(oauth, "clientSecret", "client_secret", "CLIENT_SECRET");
				if (settings.containsKey("client-id") && secret instanceof String text) {
					settings.put("client-secret", secret("client-secret", text));
				}
				Object port = first(oauth, "callbackPort", "redirectPort");
				if (port instanceof Integer number && number > 0 && number <= 65535) {
					settings.put("redirect-port", number);
				}
				Object scopes = first(oauth, "scopes", "scope");
				put(settings, "scopes", (scopes instanceof Collection<?> list)
						? String.join(" ", list.stream().map(String::valueOf).toList()) : scopes);
			}
		}
		return settings;
	}

	private String secret(String name, String text) {
		try {
			return this.texts.secret(name, text);
		}
		catch (IllegalArgumentException ex) {
			return this.texts.secret(name, "");
		}
	}

	private static @Nullable Object first(Map<?, ?> members, String... names) {
		for (String name : names) {
			if (members.get(name) != null) {
				return members.get(name);
			}
		}
		return null;
	}

	private void put(Map<String, Object> settings, String name, @Nullable Object value) {
		if (value instanceof String text && !text.isBlank()) {
			try {
				settings.put(name, EditorText.plain(text.strip()));
			}
			catch (IllegalArgumentException ex) {
				// A value that only the editor knows is left out
			}
		}
	}

	private EditorServer failed(String reason) {
		return EditorServer.failed(this.name, this.server, reason);
	}

	private EditorServer leftOut(@Nullable String url, String reason) {
		return EditorServer.leftOut(this.name, this.server, url, reason);
	}

}
