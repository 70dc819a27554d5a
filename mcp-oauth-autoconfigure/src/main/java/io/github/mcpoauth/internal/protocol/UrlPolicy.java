// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.regex.Pattern;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.address.AddressKind;
import io.github.mcpoauth.internal.address.HttpAddress;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

/**
 * Decides by its form whether an address that a server names is acceptable. The addresses
 * that host names resolve to are checked when connecting.
 */
public final class UrlPolicy {

	private static final int LONGEST = 8192;

	private static final String BYTE = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";

	private static final Pattern IPV4 = Pattern.compile(BYTE + "(\\." + BYTE + "){3}");

	/**
	 * A host that ends in a number is an IPv4 address for some and a name for others, in
	 * octal, hexadecimal or with parts left out.
	 */
	private static final Pattern ENDS_IN_NUMBER = Pattern.compile("(.*\\.)?(\\d+|0[xX][0-9a-fA-F]*)\\.?");

	private final boolean allowPrivateAddresses;

	/**
	 * Create a policy.
	 * @param settings say whether private addresses are allowed
	 */
	public UrlPolicy(ProtocolSettings settings) {
		this.allowPrivateAddresses = settings.allowPrivateAddresses();
	}

	/**
	 * Check an address that a server named.
	 * @param server the MCP server it is about; only one on loopback may name loopback
	 * addresses, and only one that is reached by plain http may name plain http
	 * @param what the name of the address, for the message
	 * @param url the address as received
	 * @return the address: https or loopback http, with a host, without user information
	 * and fragment
	 * @throws UnusableException if the address is anything else
	 */
	public URI check(McpServer server, String what, String url) {
		URI uri = parse(what, url);
		String reason = objection(server, uri);
		if (reason != null) {
			throw refused(what, url, reason);
		}
		return uri;
	}

	private static URI parse(String what, String url) {
		if (url.length() > LONGEST) {
			throw refused(what, url, "is too long");
		}
		try {
			return new URI(url);
		}
		catch (URISyntaxException ex) {
			throw refused(what, url, "is not an address");
		}
	}

	private @Nullable String objection(McpServer server, URI uri) {
		String scheme = (uri.getScheme() != null) ? uri.getScheme().toLowerCase(Locale.ROOT) : "";
		String host = uri.getHost();
		if (!"https".equals(scheme) && !"http".equals(scheme)) {
			return "is neither https nor http";
		}
		if (host == null || uri.getPort() == 0 || uri.getPort() > 65535) {
			return "does not name a host";
		}
		if (uri.getRawUserInfo() != null) {
			return "contains user information";
		}
		if (uri.getRawFragment() != null) {
			return "contains a fragment";
		}
		if (isConfigured(server, uri)) {
			return null;
		}
		if (isLoopback(uri)) {
			return isLoopback(server.url()) ? null : "is a loopback address, which the MCP server is not,";
		}
		if (namesThisMachine(host) && !isLoopback(server.url())) {
			return "is a name of this machine, where the MCP server is not,";
		}
		boolean trusted = isOnTrustedNetwork(server);
		return ("http".equals(scheme) && !trusted) ? "is plain http" : objectionToHost(host, trusted);
	}

	/**
	 * Whether an address has the origin of the MCP server or of its configured
	 * authorization server. Such an address is allowed wherever it is.
	 * @param server the MCP server
	 * @param uri an address
	 * @return {@code true} if it has
	 */
	public static boolean isConfigured(McpServer server, URI uri) {
		String issuer = server.oauth().authorizationServer();
		return HttpAddress.isSameOrigin(uri, server.url())
				|| (issuer != null && HttpAddress.isSameOrigin(uri, URI.create(issuer)));
	}

	/**
	 * Whether an MCP server is reached by plain http on another machine. The setting
	 * {@code mcp.oauth.address-policy.allow-plain-http}, without which no such server is
	 * accepted, says that the network is trusted: then its metadata and its authorization
	 * server may be there too, by plain http and at private addresses.
	 * @param server the MCP server
	 * @return {@code true} if it is
	 */
	public static boolean isOnTrustedNetwork(McpServer server) {
		return "http".equalsIgnoreCase(server.url().getScheme()) && !isLoopback(server.url());
	}

	/**
	 * Browsers take names below {@code localhost} for this machine (RFC 6761).
	 */
	private static boolean namesThisMachine(String host) {
		String name = host.toLowerCase(Locale.ROOT);
		String absolute = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
		return "localhost".equals(absolute) || absolute.endsWith(".localhost");
	}

	private @Nullable String objectionToHost(String host, boolean trusted) {
		InetAddress address = literal(host);
		if (address == null) {
			boolean odd = host.startsWith("[") || ENDS_IN_NUMBER.matcher(host).matches();
			return odd ? "names its host in an ambiguous way" : null;
		}
		if (address.isAnyLocalAddress() || address.isMulticastAddress()) {
			return "is not the address of a host";
		}
		AddressKind kind = AddressKind.of(address);
		if (kind == AddressKind.CLOUD_METADATA) {
			return "is an address where clouds hand out credentials";
		}
		return (kind != AddressKind.PUBLIC && !this.allowPrivateAddresses && !trusted)
				? "is a private or reserved address, which the settings do not allow," : null;
	}

	/**
	 * Whether an address is on this machine, judged by its form: {@code localhost} or a
	 * literal loopback address.
	 * @param uri an address
	 * @return {@code true} if it surely is
	 */
	public static boolean isLoopback(URI uri) {
		String host = uri.getHost();
		if (host == null) {
			return false;
		}
		InetAddress address = literal(host);
		return "localhost".equalsIgnoreCase(host) || (address != null && address.isLoopbackAddress());
	}

	private static @Nullable InetAddress literal(String host) {
		boolean ipv6 = host.startsWith("[") && host.endsWith("]") && host.indexOf('%') < 0;
		if (!ipv6 && !IPV4.matcher(host).matches()) {
			return null;
		}
		try {
			return InetAddress.getByName(ipv6 ? host.substring(1, host.length() - 1) : host);
		}
		catch (UnknownHostException ex) {
			return null;
		}
	}

	private static UnusableException refused(String what, String url, String reason) {
		return new UnusableException("%s %s %s and is not used".formatted(what, UntrustedText.quote(url), reason));
	}

}
