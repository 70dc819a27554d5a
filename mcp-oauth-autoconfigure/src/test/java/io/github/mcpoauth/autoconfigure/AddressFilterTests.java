// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.http.client.InetAddressFilter;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Law 15: which addresses may be reached on behalf of somebody else.
 */
class AddressFilterTests {

	private final AddressFilter strict = filter(false, false);

	@ParameterizedTest
	@MethodSource("io.github.mcpoauth.internal.address.AddressKindTests#publicAddresses")
	@DisplayName("Law 15 Public addresses are allowed")
	void matchesWhenAddressIsPublicIsTrue(String address) throws UnknownHostException {
		assertThat(this.strict.matches(InetAddress.getByName(address))).isTrue();
	}

	@ParameterizedTest
	@MethodSource("io.github.mcpoauth.internal.address.AddressKindTests#otherAddresses")
	@DisplayName("Law 15 Loopback, private, link-local and reserved addresses are not")
	void matchesWhenAddressIsNotPublicIsFalse(String address) throws UnknownHostException {
		assertThat(this.strict.matches(InetAddress.getByName(address))).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "127.0.0.1", "127.8.8.8", "::1" })
	void matchesWhenLoopbackIsAllowedTakesLoopback(String address) throws UnknownHostException {
		assertThat(filter(true, false).matches(InetAddress.getByName(address))).isTrue();
		assertThat(filter(false, true).matches(InetAddress.getByName(address))).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "fd12:3456::1", "64:ff9b::a00:1" })
	void matchesWhenPrivateAddressesAreAllowedTakesThem(String address) throws UnknownHostException {
		assertThat(filter(false, true).matches(InetAddress.getByName(address))).isTrue();
		assertThat(filter(true, false).matches(InetAddress.getByName(address))).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "240.0.0.1" })
	@DisplayName("Law 15 Allowing private networks does not allow the cloud's metadata address")
	void matchesWhenPrivateAddressesAreAllowedStillRefusesTheRest(String address) throws UnknownHostException {
		assertThat(filter(true, true).matches(InetAddress.getByName(address))).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "169.254.169.254", "100.100.100.200", "fd00:ec2::254", "64:ff9b::a9fe:a9fe" })
	@DisplayName("S13: metadata addresses of clouds are refused whatever is allowed")
	void matchesWhenAddressIsOfCloudMetadataIsFalse(String address) throws UnknownHostException {
		InetAddress metadata = InetAddress.getByName(address);
		assertThat(filter(true, true, "0.0.0.0/0", "::/0").matches(metadata)).isFalse();
		assertThat(AddressFilter.configured(null).matches(metadata)).isFalse();
		assertThat(AddressFilter.configured(null).matches(InetAddress.getByName("10.0.0.1"))).isTrue();
	}

	@Test
	void matchesWhenPlainHttpIsTrustedTakesPrivateAddressesOnly() throws UnknownHostException {
		InetAddressFilter plain = filter(false, true, "8.8.8.8").onlyPrivate();
		assertThat(plain.matches(address("100.64.0.1"))).isTrue();
		for (String other : List.of("8.8.8.8", "127.0.0.1", "198.18.0.1", "100.100.100.200")) {
			assertThat(plain.matches(address(other))).as(other).isFalse();
		}
	}

	@Test
	void matchesWhenAddressIsListedTakesIt() throws UnknownHostException {
		AddressFilter filter = filter(false, false, "169.254.1.0/24", "10.0.0.7", "::1");
		assertThat(filter.matches(InetAddress.getByName("169.254.1.9"))).isTrue();
		assertThat(filter.matches(InetAddress.getByName("10.0.0.7"))).isTrue();
		assertThat(filter.matches(address("::1"))).isTrue();
		assertThat(filter.matches(InetAddress.getByName("10.0.0.8"))).isFalse();
	}

	@Test
	void matchesWhenApplicationHasAFilterAsksItToo() throws UnknownHostException {
		AddressFilter filter = new AddressFilter(true, true, new AllowedHosts(List.of("10.0.0.7")),
				(address) -> address.isLoopbackAddress());
		assertThat(filter.matches(address("127.0.0.1"))).isTrue();
		assertThat(filter.matches(InetAddress.getByName("8.8.8.8"))).isFalse();
		assertThat(filter.matches(InetAddress.getByName("10.0.0.7"))).isFalse();
	}

	@Test
	void matchesWhenAProxyResolvesTheNameLeavesItToTheProxy() {
		assertThat(this.strict.matches(InetSocketAddress.createUnresolved("auth.example.com", 443))).isTrue();
		assertThat(this.strict.matches(new InetSocketAddress(InetAddress.getLoopbackAddress(), 443))).isFalse();
	}

	private static InetAddress address(String literal) throws UnknownHostException {
		return InetAddress.getByName(literal);
	}

	private static AddressFilter filter(boolean loopback, boolean privateAddresses, String... allowedHosts) {
		return new AddressFilter(loopback, privateAddresses, new AllowedHosts(List.of(allowedHosts)), null);
	}

}
