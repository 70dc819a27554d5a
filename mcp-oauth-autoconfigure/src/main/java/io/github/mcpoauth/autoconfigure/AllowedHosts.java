// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

import org.springframework.boot.http.client.InetAddressFilter;

/**
 * Host names, addresses and address blocks that may be contacted wherever they are.
 */
final class AllowedHosts {

	private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?");

	private static final Pattern ADDRESS = Pattern.compile("[0-9./]+|.*:.*|.*/.*");

	private final Set<String> names = new HashSet<>();

	private final InetAddressFilter addresses;

	AllowedHosts(Collection<String> entries) {
		List<String> addresses = new ArrayList<>();
		for (String entry : entries) {
			if (ADDRESS.matcher(entry).matches()) {
				addresses.add(entry);
			}
			else {
				this.names.add(entry.toLowerCase(Locale.ROOT));
			}
		}
		this.addresses = InetAddressFilter.of(addresses.toArray(String[]::new));
	}

	static boolean isValid(String entry) {
		if (!ADDRESS.matcher(entry).matches()) {
			return NAME.matcher(entry).matches();
		}
		try {
			InetAddressFilter.of(entry).matches(InetAddress.getLoopbackAddress());
			return true;
		}
		catch (IllegalArgumentException ex) {
			return false;
		}
	}

	boolean containsName(String host) {
		return this.names.contains(host.toLowerCase(Locale.ROOT));
	}

	boolean containsAddress(InetAddress address) {
		return this.addresses.matches(address);
	}

}
