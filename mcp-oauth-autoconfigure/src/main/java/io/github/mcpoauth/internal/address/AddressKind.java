// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.address;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The kind of network that an address belongs to, by the registries of IANA (RFC 6890).
 * Each check of where a connection may lead asks here.
 */
public enum AddressKind {

	/**
	 * An address that the whole internet can reach.
	 */
	PUBLIC,

	/**
	 * An address of a private network (RFC 1918, RFC 4193 and RFC 6598).
	 */
	PRIVATE,

	/**
	 * An address of this machine.
	 */
	LOOPBACK,

	/**
	 * An address for another purpose: link-local, multicast, documentation, tunnels.
	 */
	RESERVED,

	/**
	 * An address at which a cloud hands out the credentials of a machine or container. No
	 * setting allows it.
	 */
	CLOUD_METADATA;

	private static final Set<InetAddress> METADATA_ADDRESSES = Stream
		.of("169.254.169.254", "169.254.169.253", "169.254.169.123", "169.254.170.2", "169.254.170.23",
				"100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd00:ec2::253", "fd00:ec2::23",
				"fd20:ce::254")
		.map(AddressKind::literal)
		.collect(Collectors.toUnmodifiableSet());

	private static final List<Block> PRIVATE_BLOCKS = blocks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
			"100.64.0.0/10", "fc00::/7");

	/**
	 * The last three and the first of IPv6 leave {@code 2000::/3}, which is all that is
	 * assigned to the internet.
	 */
	private static final List<Block> RESERVED_BLOCKS = blocks("0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24",
			"192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
			"::/3", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "4000::/2", "8000::/1");

	private static final Block TRANSLATED = Block.of("64:ff9b::/32");

	private static final Block TRANSLATED_EVERYWHERE = Block.of("64:ff9b::/96");

	/**
	 * The kind of an address. An IPv4 address that is translated to IPv6 (RFC 6052) has
	 * the kind of the IPv4 address.
	 * @param address an address
	 * @return the kind
	 */
	public static AddressKind of(InetAddress address) {
		byte[] bytes = address.getAddress();
		if (TRANSLATED.contains(bytes)) {
			return ofTranslated(bytes);
		}
		if (METADATA_ADDRESSES.contains(address)) {
			return CLOUD_METADATA;
		}
		if (address.isLoopbackAddress()) {
			return LOOPBACK;
		}
		if (PRIVATE_BLOCKS.stream().anyMatch((block) -> block.contains(bytes))) {
			return PRIVATE;
		}
		return RESERVED_BLOCKS.stream().anyMatch((block) -> block.contains(bytes)) ? RESERVED : PUBLIC;
	}

	private static AddressKind ofTranslated(byte[] bytes) {
		AddressKind kind = of(ipv4(Arrays.copyOfRange(bytes, 12, 16)));
		if (kind == CLOUD_METADATA) {
			return kind;
		}
		// Loopback of the translator is not this machine. Other prefixes may hold the
		// IPv4 address at another place (RFC 8215)
		return (TRANSLATED_EVERYWHERE.contains(bytes) && kind != LOOPBACK) ? kind : RESERVED;
	}

	private static InetAddress ipv4(byte[] bytes) {
		try {
			return InetAddress.getByAddress(bytes);
		}
		catch (UnknownHostException ex) {
			throw new IllegalStateException("Four bytes are an address", ex);
		}
	}

	private static InetAddress literal(String address) {
		try {
			return InetAddress.getByName(address);
		}
		catch (UnknownHostException ex) {
			throw new IllegalStateException("A literal address needs no resolution", ex);
		}
	}

	private static List<Block> blocks(String... blocks) {
		return Stream.of(blocks).map(Block::of).toList();
	}

	/**
	 * Addresses that start with the same bits.
	 *
	 * @param first the first address, as a number
	 * @param length bytes of an address
	 * @param free number of bits in which the addresses differ
	 */
	private record Block(BigInteger first, int length, int free) {

		static Block of(String block) {
			int slash = block.indexOf('/');
			byte[] first = literal(block.substring(0, slash)).getAddress();
			int bits = Integer.parseInt(block.substring(slash + 1));
			return new Block(new BigInteger(1, first), first.length, first.length * Byte.SIZE - bits);
		}

		boolean contains(byte[] address) {
			return address.length == this.length && new BigInteger(1, address).xor(this.first).bitLength() <= this.free;
		}

	}

}
