// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * Turns a text of an editor's file into one for Spring's configuration: its variables
 * become placeholders of environment variables, and so does all that may be a secret.
 */
final class EditorText {

	private static final Pattern VARIABLE = Pattern.compile("\\$\\{([^{}]*)\\}");

	private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

	private static final Pattern PLAIN_DEFAULT = Pattern.compile("[A-Za-z0-9._:/-]{0,60}");

	/**
	 * Values that only the editor knows.
	 */
	private static final Set<String> PREDEFINED = Set.of("workspaceFolder", "workspaceFolderBasename", "userHome",
			"pathSeparator", "cwd", "file");

	private static final int SHORTEST_SECRET = 20;

	private static final int SURELY_SECRET = 32;

	private final String prefix;

	/**
	 * Create for one server.
	 * @param server its name, with which new variables begin
	 */
	EditorText(String server) {
		this.prefix = variable(server);
	}

	/**
	 * Name an environment variable.
	 * @param text a text
	 * @return the text in upper case, with underscores
	 */
	static String variable(String text) {
		String name = text.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]+", "_").replaceAll("^_+|_+$", "");
		return name.isEmpty() ? "MCP_VALUE" : Character.isDigit(name.charAt(0)) ? "MCP_" + name : name;
	}

	/**
	 * A value that is no secret.
	 * @param text the value in the file
	 * @return the value with variables of Spring in place of the editor's
	 * @throws IllegalArgumentException if it names a variable of the editor
	 */
	static String plain(String text) {
		String replaced = VARIABLE.matcher(text).replaceAll((found) -> Matcher.quoteReplacement(placeholder(found)));
		if (VARIABLE.matcher(replaced).replaceAll("").contains("${")) {
			throw new IllegalArgumentException("contains a variable that is not closed");
		}
		return replaced;
	}

	/**
	 * An address.
	 * @param text the address in the file
	 * @return the address without secrets
	 * @throws IllegalArgumentException if it cannot be used; the message says why, as
	 * "has an address that ..." goes on
	 */
	String url(String text) {
		String address = plain(text);
		URI uri = parse(address);
		boolean http = "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
		if (!http || uri.getHost() == null) {
			throw new IllegalArgumentException("is not an http or https address");
		}
		if (uri.getRawUserInfo() != null) {
			throw new IllegalArgumentException("contains a user name or password");
		}
		if (uri.getRawFragment() != null) {
			throw new IllegalArgumentException("contains a fragment");
		}
		int query = address.indexOf('?');
		String path = (query < 0) ? address : address.substring(0, query);
		return masked(path) + ((query < 0) ? "" : "?" + query(address.substring(query + 1)));
	}

	/**
	 * A variable may stand for the whole beginning of an address.
	 */
	private static URI parse(String address) {
		String beginning = address.startsWith("${") ? "https://variable.invalid" : "variable";
		try {
			return new URI(VARIABLE.matcher(VARIABLE.matcher(address).replaceFirst(beginning)).replaceAll("variable"));
		}
		catch (URISyntaxException ex) {
			throw new IllegalArgumentException("is not an address");
		}
	}

	/**
	 * Some services put a secret into the path.
	 */
	private String masked(String address) {
		int start = Math.max(address.indexOf("://") + 3, 0);
		int path = address.indexOf('/', start);
		if (path < 0) {
			return address;
		}
		List<String> segments = new ArrayList<>();
		int secrets = 0;
		for (String segment : address.substring(path).split("/", -1)) {
			boolean secret = looksSecret(segment);
			secrets += secret ? 1 : 0;
			segments.add(secret ? secret((secrets == 1) ? "path" : "path " + secrets) : segment);
		}
		return address.substring(0, path) + String.join("/", segments);
	}

	private static boolean looksSecret(String text) {
		boolean mixed = text.chars().anyMatch(Character::isDigit) && text.chars().anyMatch(Character::isLetter);
		return !text.contains("${") && ((text.length() >= SHORTEST_SECRET && mixed) || text.length() >= SURELY_SECRET);
	}

	private String query(String query) {
		return Arrays.stream(query.split("&", -1)).map((pair) -> {
			int equals = pair.indexOf('=');
			boolean literal = equals >= 0 && equals < pair.length() - 1 && !isPlaceholder(pair.substring(equals + 1));
			return literal ? pair.substring(0, equals + 1) + secret(pair.substring(0, equals)) : pair;
		}).collect(Collectors.joining("&"));
	}

	/**
	 * The value of a header, or another value that is not copied.
	 * @param name its name
	 * @param text the value in the file
	 * @return its variables, else a new one
	 * @throws IllegalArgumentException if it names a variable of the editor
	 */
	String secret(String name, String text) {
		String replaced = plain(text);
		Matcher variable = VARIABLE.matcher(replaced);
		if (!variable.find()) {
			return secret(name);
		}
		String before = replaced.substring(0, variable.start());
		boolean alone = variable.end() == replaced.length() && (before.isEmpty() || before.matches("[A-Za-z]{1,10} "));
		return alone ? before + "${" + withoutDefault(variable.group(1)) + "}" : secret(name);
	}

	private String secret(String name) {
		return "${" + this.prefix + "_" + variable(name) + "}";
	}

	private static boolean isPlaceholder(String text) {
		return VARIABLE.matcher(text).matches();
	}

	private static String withoutDefault(String variable) {
		int colon = variable.indexOf(':');
		return (colon < 0) ? variable : variable.substring(0, colon);
	}

	private static String placeholder(MatchResult found) {
		String text = found.group(1);
		if (text.startsWith("input:")) {
			return "${" + variable(text.substring(6)) + "}";
		}
		String variable = text.startsWith("env:") ? text.substring(4) : text;
		int marker = variable.indexOf(":-");
		String name = (marker < 0) ? variable : variable.substring(0, marker);
		if (!NAME.matcher(name).matches() || PREDEFINED.contains(name)) {
			throw new IllegalArgumentException("contains a variable that only the editor knows");
		}
		String byDefault = (marker < 0) ? null : variable.substring(marker + 2);
		return "${" + name + (isCopied(byDefault) ? ":" + byDefault : "") + "}";
	}

	private static boolean isCopied(@Nullable String byDefault) {
		return byDefault != null && PLAIN_DEFAULT.matcher(byDefault).matches()
				&& Arrays.stream(byDefault.split("/")).noneMatch(EditorText::looksSecret);
	}

}
